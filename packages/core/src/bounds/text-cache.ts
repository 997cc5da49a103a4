/** Keeps what was made of texts, as long as the texts together are not too long; the one used longest ago goes first. */
export class TextCache<Value> {
  private readonly entries = new Map<string, Value>();
  private characters = 0;

  /** @param maxCharacters - what is kept grows with the text it was made of, so that this bounds its memory too */
  constructor(private readonly maxCharacters: number) {}

  /** What was made of a text before, or else what is made of it now. */
  get(text: string, make: (text: string) => Value): Value {
    const known = this.entries.get(text);
    if (known !== undefined) {
      this.entries.delete(text);
      this.entries.set(text, known);
      return known;
    }
    const made = make(text);
    this.entries.set(text, made);
    this.characters += text.length;
    this.makeRoom();
    return made;
  }

  private makeRoom(): void {
    for (const text of this.entries.keys()) {
      if (this.characters <= this.maxCharacters) return;
      this.entries.delete(text);
      this.characters -= text.length;
    }
  }
}
