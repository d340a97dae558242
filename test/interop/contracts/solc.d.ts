// The two functions of the compiler that are used; it has no types of its own.
declare module 'solc' {
  const solc: { compile(input: string): string; version(): string }
  // biome-ignore lint/style/noDefaultExport: it is CommonJS
  export default solc
}
