import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import { currentCall, type PluginCall } from './calls-under-way.js';

/** A tensor that was made while the ledger was open, and has not been freed. */
export interface LedgerEntry {
  /** What had been marked when it was made. */
  readonly mark: number;
  /** Whose code made it; undefined outside of any plugin's method, as in the backward pass. */
  readonly call: PluginCall | undefined;
  /** `float32 [16, 8]` */
  readonly layout: string;
  /** File, line and column of the code that asked tfjs for it. */
  readonly madeAt: string | undefined;
}

const FRAMES = 60;

/**
 * Writes down every tensor that is made and freed, by whom. It looks over tfjs' shoulder and changes no result, but is slow: it
 * is opened for a few steps, once the number of tensors was seen to grow.
 */
export class TensorLedger {
  private readonly made = new Map<
    number,
    { mark: number; call: PluginCall | undefined; layout: string; trace: Error }
  >();
  private readonly release: () => void;
  private marks = 0;

  constructor() {
    const engine = tf.engine();
    const before = tf.scalar(0);
    before.dispose();
    const [track, free] = [engine.trackTensor.bind(engine), engine.disposeTensor.bind(engine)];
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = FRAMES;
    // As members of the object they come before those of its class.
    engine.trackTensor = (tensor, backend) => {
      track(tensor, backend);
      // Of a variable that was there before only the values are new.
      if (tensor.id > before.id && !this.made.has(tensor.id)) this.enter(tensor);
    };
    engine.disposeTensor = (tensor) => {
      free(tensor);
      this.made.delete(tensor.id);
    };
    this.release = () => {
      Reflect.deleteProperty(engine, 'trackTensor');
      Reflect.deleteProperty(engine, 'disposeTensor');
      Error.stackTraceLimit = stackTraceLimit;
    };
  }

  /** Separates what was made before from what is made after. */
  mark(): void {
    this.marks++;
  }

  /** Afterwards tfjs is as it was. @returns what was not freed */
  close(): readonly LedgerEntry[] {
    this.release();
    return [...this.made.values()].map(({ trace, ...entry }) => ({ ...entry, madeAt: callerOf(trace) }));
  }

  private enter({ id, dtype, shape }: Tensor): void {
    this.made.set(id, {
      mark: this.marks,
      call: currentCall(),
      layout: `${dtype} [${shape.join(', ')}]`,
      trace: new Error('made here'),
    });
  }
}

/** The first line of a trace that is neither tfjs' nor this file's. */
function callerOf({ stack = '' }: Error): string | undefined {
  const lines = stack.split('\n').slice(1);
  const line = lines.find((one) => !/@tensorflow[\\/]|tensor-ledger\.[jt]s|tfjs-node-gpu/.test(one));
  return line && /\(?([^\s()]+:\d+:\d+)\)?$/.exec(line)?.[1]?.replace(/^file:\/\//, '');
}
