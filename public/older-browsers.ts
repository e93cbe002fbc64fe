// Polyfills for APIs that the page, the client or a library calls, and that the oldest browsers in README.md lack. Import
// it first. The build lowers newer syntax. Other newer APIs are called only where they exist.

Promise.withResolvers ??= function withResolvers<Value>(this: PromiseConstructor) {
  let resolve!: (value: Value | PromiseLike<Value>) => void;
  let reject!: (reason?: unknown) => void;
  const promise = new this<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};

AbortSignal.any ??= (signals) => {
  const any = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) any.abort(signal.reason);
    signal.addEventListener("abort", () => any.abort(signal.reason), { once: true, signal: any.signal });
  }
  return any.signal;
};

URL.parse ??= (url, base) => {
  try {
    return new URL(url, base);
  } catch {
    return null;
  }
};

// With the flag `u`, this matches only lone surrogates: a pair is one character.
String.prototype.isWellFormed ??= function isWellFormed(this: string) {
  return !/\p{Surrogate}/u.test(this);
};

Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
    index += 1;
  }
  return groups;
};

export {};
