/** Which of the formats that are ZIP archives a ZIP archive is. */
import { refusal } from './refusal.ts';
import type { ZipArchive } from './zip/index.ts';

/**
 * @throws WorkbenchError `checkpoint/torchscript`, `mar`, `two-formats`, `unknown-format`
 */
export function archiveFormat({ members, source }: ZipArchive): 'pytorch-zip' | 'npz' {
  const refuse = (code: string, found: string) =>
    refusal(code, source.name, 'a PyTorch state dict or an NPZ archive', found);
  const has = (pattern: RegExp) => members.some(({ name }) => pattern.test(name));
  if (has(/^MAR-INF\//)) {
    throw refuse('mar', 'a TorchServe model archive; take the checkpoint out of it');
  }
  if (has(/^([^/]+\/)?(constants\.pkl|code\/)/)) {
    throw refuse('torchscript', 'a TorchScript program; save its state_dict() instead');
  }
  const isPytorch = has(/(^|\/)data\.pkl$/);
  const isNpz = has(/\.npy$/);
  if (isPytorch && isNpz)
    throw refusal('two-formats', source.name, 'a file of one format', 'members of PyTorch and of NPZ');
  if (isPytorch) return 'pytorch-zip';
  if (isNpz) return 'npz';
  throw refuse('unknown-format', 'a ZIP archive without data.pkl and without .npy members');
}
