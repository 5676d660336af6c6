/** A state, in a word and a colour; never by colour alone. */
export type Tone = 'good' | 'busy' | 'bad' | 'quiet';

export function Badge({ tone, text }: { readonly tone: Tone; readonly text: string }) {
  return (
    <span className={`badge ${tone}`}>
      <span className="dot" aria-hidden="true" />
      {text}
    </span>
  );
}
