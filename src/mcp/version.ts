// The version of this package, which the build fills in.
declare const PACKAGE_VERSION: string | undefined

export const version = typeof PACKAGE_VERSION === 'string' ? PACKAGE_VERSION : '0.0.0-source'
