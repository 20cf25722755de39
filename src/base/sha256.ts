/** SHA-256 (FIPS 180-4), for bytes that come bit by bit where nothing of the platform may be asked. */

const BLOCK_BYTES = 64;
/** Where the message's length in bits stands in the last block. */
const LENGTH_AT = 56;

/** The first 32 bits of the fractional part of each of the first 64 primes' roots. */
const ROUND = new Int32Array(64);
const START = new Int32Array(8);

const fraction = (value: number): number => Math.floor((value % 1) * 2 ** 32);
for (let candidate = 2, found = 0; found < ROUND.length; candidate++) {
  if (!isPrime(candidate)) continue;
  if (found < START.length) START[found] = fraction(Math.sqrt(candidate));
  ROUND[found++] = fraction(Math.cbrt(candidate));
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
    if (candidate % divisor === 0) return false;
  }
  return true;
}

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

export class Sha256 {
  readonly #state = START.slice();
  readonly #words = new Int32Array(64);
  readonly #block = new Uint8Array(BLOCK_BYTES);
  readonly #view = new DataView(this.#block.buffer);
  /** Of all bytes so far. */
  #sizeBytes = 0;

  update(bytes: Uint8Array): this {
    let at = 0;
    while (at < bytes.length) {
      const filled = this.#sizeBytes % BLOCK_BYTES;
      const part = bytes.subarray(at, at + BLOCK_BYTES - filled);
      this.#block.set(part, filled);
      this.#sizeBytes += part.length;
      at += part.length;
      if (filled + part.length === BLOCK_BYTES) this.#compress();
    }
    return this;
  }

  /** Ends the message: 64 hex digits. Nothing may be added afterwards. */
  digest(): string {
    const bits = this.#sizeBytes * 8;
    this.update(Uint8Array.of(0x80));
    const filled = this.#sizeBytes % BLOCK_BYTES;
    const zeros = (LENGTH_AT - filled + BLOCK_BYTES) % BLOCK_BYTES;
    const tail = new Uint8Array(zeros + 8);
    const view = new DataView(tail.buffer);
    view.setUint32(zeros, Math.floor(bits / 2 ** 32));
    view.setUint32(zeros + 4, bits % 2 ** 32);
    this.update(tail);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #compress(): void {
    this.#schedule();
    const words = this.#words;
    const state = this.#state;
    const word = (i: number): number => state[i] as number;
    let [a, b, c, d] = [word(0), word(1), word(2), word(3)];
    let [e, f, g, h] = [word(4), word(5), word(6), word(7)];
    for (let i = 0; i < 64; i++) {
      const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const choice = (e & f) ^ (~e & g);
      const first = (h + sum1 + choice + (ROUND[i] as number) + (words[i] as number)) | 0;
      const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      h = g;
      g = f;
      f = e;
      e = (d + first) | 0;
      d = c;
      c = b;
      b = a;
      a = (first + sum0 + majority) | 0;
    }
    state[0] = word(0) + a;
    state[1] = word(1) + b;
    state[2] = word(2) + c;
    state[3] = word(3) + d;
    state[4] = word(4) + e;
    state[5] = word(5) + f;
    state[6] = word(6) + g;
    state[7] = word(7) + h;
  }

  /** The block's 16 words, and the 48 that follow from them. */
  #schedule(): void {
    const words = this.#words;
    for (let i = 0; i < 16; i++) words[i] = this.#view.getInt32(4 * i);
    for (let i = 16; i < 64; i++) {
      const near = words[i - 15] as number;
      const far = words[i - 2] as number;
      const small0 = rotate(near, 7) ^ rotate(near, 18) ^ (near >>> 3);
      const small1 = rotate(far, 17) ^ rotate(far, 19) ^ (far >>> 10);
      words[i] = (words[i - 16] as number) + small0 + (words[i - 7] as number) + small1;
    }
  }
}
