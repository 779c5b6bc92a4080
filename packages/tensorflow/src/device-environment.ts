// What TensorFlow and CUDA read of the environment when they start. What a user has set stays.
import type { DeviceChoice } from './device.js';

type Environment = Record<string, string | undefined>;

/**
 * Runs `load`, which starts TensorFlow, with CUDA seeing the chosen card alone, or none. The binding would take the last of several, and in
 * an order of its own.
 */
export function withDevice<T>(
  { card }: Pick<DeviceChoice, 'card'>,
  load: () => T,
  environment: Environment = process.env,
): T {
  if (card) {
    // Memory is taken as it is needed: by default TensorFlow takes all that there is at once.
    environment['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
    // Equal input gives equal bits: without it sums are added up in any order.
    environment['TF_DETERMINISTIC_OPS'] ??= '1';
    // Warnings too: they tell why a library is missing.
    environment['TF_CPP_MIN_LOG_LEVEL'] ??= '1';
  }
  environment['TF_CPP_MIN_LOG_LEVEL'] ??= '2'; // errors only
  const before = environment['CUDA_VISIBLE_DEVICES'];
  environment['CUDA_VISIBLE_DEVICES'] = card?.uuid ?? '-1';
  try {
    return load();
  } finally {
    // Other programs that this process starts see what they saw before.
    if (before === undefined) delete environment['CUDA_VISIBLE_DEVICES'];
    else environment['CUDA_VISIBLE_DEVICES'] = before;
  }
}
