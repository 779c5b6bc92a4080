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

/** A backend, and gradients: tfjs-core has none, tfjs' layers register them. Those that are there stay, the engine's are faster. */
export async function ensureGradients(): Promise<void> {
  await ensureBackend();
  if ((tf.getGradient('Add') as tf.GradConfig | undefined) === undefined) await import('@tensorflow/tfjs-layers');
}
