import * as tf from '@tensorflow/tfjs-core';

/** Leaves a backend that is set or registered as it is; otherwise sets tfjs' own in JavaScript. */
export async function ensureBackend(): Promise<void> {
  if (Object.keys(tf.engine().registryFactory).length > 0) return tf.ready();
  await import('@tensorflow/tfjs-backend-cpu');
  await tf.ready();
  // Its first tensor advises to install another backend, unless it is told that this is a test.
  tf.env().set('IS_TEST', true);
  tf.dispose(tf.scalar(0));
  tf.env().set('IS_TEST', false);
}
