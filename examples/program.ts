// A function that uses another function, a class with a static method, and a class that uses both: pickled as one.
//   cornichon pack program.ts#main -o program.crn
//   cornichon run program.crn

const number = 10086

function innerFunction(): void {
  console.log('inner function!')
}

class InnerClass {
  static announce(): void {
    console.log('inner class!')
  }
}

class UserOfBoth extends InnerClass {
  run(): void {
    console.log("inner class's function!")
    innerFunction()
  }
}

export function main(): void {
  console.log(number)
  innerFunction()
  UserOfBoth.announce()
  new UserOfBoth().run()
}
