// A function with parameters.
//   cornichon pack function.ts#greet -o greet.crn
//   cornichon run greet.crn --args '["peter", 22]'

export function greet(name: string, age: number): void {
  console.log(`hello world, ${name} at ${age}!`)
}
