import { defineErrors } from '@counterweight/core';

export const errors = defineErrors({
  'input-not-image': {
    exit: 2,
    title: 'A convolutional network needs images.',
    found: ({ shape }: { shape: readonly number[] }) => `inputs of shape [${shape.join(', ')}]`,
    expected: () => 'three sizes: height, width, channels',
    remedy: () => "use a data set of images; for feature vectors, the model '@counterweight/cnn#mlp'",
  },
});
