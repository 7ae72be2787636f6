// Modules that test/conformance/c21-mocks.test.ts mocks.
export const now = () => 1
export const label = 'real'
