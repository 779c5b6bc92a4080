/** Computes once for an object; later calls with the same object get the same promise. Forgotten with the object. */
export function oncePer<Key extends object, Result>(
  compute: (key: Key) => Promise<Result>,
): (key: Key) => Promise<Result> {
  const done = new WeakMap<Key, Promise<Result>>();
  return (key) => {
    const result = done.get(key) ?? compute(key);
    done.set(key, result);
    return result;
  };
}
