/** Graphics devices as Linux names them: NVIDIA's driver in /proc, all others under /sys/class/drm. */
import type { Described } from './described.ts';
import type { Surroundings } from './surroundings.ts';

const NVIDIA = '/proc/driver/nvidia/gpus';
const CARDS = '/sys/class/drm';
const MAKERS: Readonly<Record<string, string>> = {
  '0x10de': 'NVIDIA',
  '0x1002': 'AMD',
  '0x8086': 'Intel',
  '0x106b': 'Apple',
  '0x13b5': 'ARM',
  '0x5143': 'Qualcomm',
  '0x1af4': 'virtio',
};

export async function linuxDevice(machine: Surroundings): Promise<Described | null> {
  return (await nvidiaDevice(machine)) ?? cardDevice(machine);
}

async function nvidiaDevice({ ask, list, read }: Surroundings): Promise<Described | null> {
  const query = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'];
  const [line] = ((await ask('nvidia-smi', query)) ?? '').split('\n');
  const match = /^(.+), (\d+)$/.exec(line!.trim());
  if (match !== null) {
    return { name: match[1]!, memoryBytes: Number(match[2]) * 2 ** 20, isSoftware: false };
  }
  for (const folder of list(NVIDIA)) {
    const model = /^Model:\s*(.+)$/m.exec(read(`${NVIDIA}/${folder}/information`) ?? '')?.[1]?.trim();
    if (model !== undefined) return { name: model, memoryBytes: null, isSoftware: false };
  }
  return null;
}

/** The card with the most memory of its own. */
function cardDevice({ list, read }: Surroundings): Described | null {
  const found = list(CARDS)
    .filter((name) => /^card\d+$/.test(name))
    .flatMap((name) => {
      const about = (file: string): string => (read(`${CARDS}/${name}/device/${file}`) ?? '').trim();
      const vendor = about('vendor');
      if (vendor === '') return [];
      const memory = Number(about('mem_info_vram_total'));
      const product = about('product_name');
      return [
        {
          name: product !== '' ? product : `${MAKERS[vendor] ?? `Vendor ${vendor}`} GPU ${about('device')}`,
          memoryBytes: memory > 0 ? memory : null,
          isSoftware: false,
        },
      ];
    });
  return found.toSorted((a, b) => (b.memoryBytes ?? 0) - (a.memoryBytes ?? 0))[0] ?? null;
}
