import type { CheckpointListing, Recognition } from '#contract/checkpoints.ts';

export function checkpointListing(change: Partial<CheckpointListing> = {}): CheckpointListing {
  return {
    name: 'sit.safetensors',
    format: 'safetensors',
    fileBytes: 1000,
    tensors: [],
    parameters: 0,
    metadata: {},
    facts: {},
    inert: [],
    warnings: [],
    groups: [],
    recognised: null,
    nearest: null,
    importable: true,
    refusal: null,
    ...change,
  };
}

export function recognition(change: Partial<Recognition> = {}): Recognition {
  return {
    kind: 'sit',
    title: 'SiT, 32 wide',
    group: '',
    config: { network: 'run', method: 'teacher', dataset: 'checkerboard' },
    convention: 'sit',
    alternatives: [],
    assumed: [],
    keys: [],
    use: 'teacher',
    ...change,
  };
}
