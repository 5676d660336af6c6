/** A value of the command line that means nothing; the message says what would, and goes on after the name of its flag. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
}
