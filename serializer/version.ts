// This package's version, as bundles note it. A test keeps it equal to package.json's.
export const VERSION = '0.1.0'
