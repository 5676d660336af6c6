/** Keys from whoever runs the command: typed without an echo, or as lines of standard input. Never from arguments. */
import { createInterface, type Interface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { CommandError } from './command-error.ts';
import type { Keys } from '../api/connections.ts';

export interface Terminal {
  readonly input: NodeJS.ReadStream;
  /** Where questions are asked; standard output belongs to the answer. */
  readonly prompt: NodeJS.WritableStream;
}

/** @throws CommandError where what is given is no pair of keys */
export async function readKeys({ input, prompt }: Terminal): Promise<Keys> {
  if (!input.isTTY) return keysOf((await text(input)).split(/\r?\n/));
  const questions = new Questions({ input, prompt });
  try {
    const accessKeyId = await questions.ask('Access key ID: ', 'shown');
    return keysOf([accessKeyId, await questions.ask('Secret access key (not shown): ', 'hidden')]);
  } finally {
    questions.close();
  }
}

export const linesWanted =
  'Standard input has to hold the access key ID on its first line, the secret access key on its second and, where there is one, the session token on its third.';

export function keysOf(lines: readonly string[]): Keys {
  const given = lines.map((line) => line.trim());
  while (given.at(-1) === '') given.pop();
  const [accessKeyId = '', secretAccessKey = '', sessionToken, ...more] = given;
  if (accessKeyId === '' || secretAccessKey === '' || sessionToken === '' || more.length > 0)
    throw new CommandError(`No pair of keys was given. ${linesWanted}`);
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

class Questions {
  readonly #lines: Interface;
  readonly #prompt: NodeJS.WritableStream;
  /** Lines that came before they were asked for, as they do when two are pasted. */
  readonly #typed: AsyncIterator<string>;
  #isShown = true;

  constructor({ input, prompt }: Terminal) {
    this.#prompt = prompt;
    // readline writes to it what is typed.
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        if (this.#isShown) prompt.write(chunk as Buffer);
        done();
      },
    });
    this.#lines = createInterface({ input, output, terminal: true });
    this.#lines.on('SIGINT', () => this.#lines.close());
    this.#typed = this.#lines[Symbol.asyncIterator]();
  }

  /** @throws CommandError where the user breaks off */
  async ask(question: string, answer: 'shown' | 'hidden'): Promise<string> {
    this.#prompt.write(question);
    this.#isShown = answer === 'shown';
    const line = await this.#typed.next();
    if (!this.#isShown) this.#prompt.write('\n');
    this.#isShown = true;
    if (line.done === true) throw new CommandError('Nothing was entered, and nothing was changed.');
    return line.value;
  }

  close(): void {
    this.#lines.close();
  }
}
