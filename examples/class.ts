// A class whose method reads a value from outside of it. load-class.mjs loads and uses it.
//   cornichon pack class.ts#Reader -o reader.crn
//   node load-class.mjs reader.crn

const value = 123

export class Reader {
  print(): void {
    console.log(value)
  }
}
