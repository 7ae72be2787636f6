// What the examples that explain the idea print.
export const ideaLines = [
  'hello world, peter at 22!',
  '123',
  '10086',
  'inner function!',
  'inner class!',
  "inner class's function!",
]
