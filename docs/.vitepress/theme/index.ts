// The default theme with the system's own fonts: nothing is loaded from another host.
import Theme from 'vitepress/theme-without-fonts'
import './style.css'

// biome-ignore lint/style/noDefaultExport: VitePress reads the default export
export default Theme
