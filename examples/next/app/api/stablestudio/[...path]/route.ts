// The proxy: pages cannot call the service directly, because it sends no CORS headers.
import { relay } from '../../../../lib/service.ts'

export { relay as DELETE, relay as GET, relay as POST, relay as PUT }
