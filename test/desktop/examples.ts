/** Something of everything that the window shows. */
import { mount as mountSchema } from '../../src-main/api/mounts.ts';
import { ProblemError } from '../../src-main/api/problem.ts';
import { controlClient } from '../../src-main/control/control-client.ts';
import { goodKey } from './small-s3.ts';
import type { SmallService } from './small-service.ts';

export async function fillWithExamples(service: SmallService, endpoint: string): Promise<void> {
  const api = controlClient(service);
  const secret = { kind: 'session' } as const;
  const lab = { name: 'lab', preset: 'minio', endpoint, region: 'us-east-1', secret } as const;
  await api.addConnection({ body: { ...lab, keys: { accessKeyId: goodKey, secretAccessKey: 'right' } } });
  await api.testConnection({ name: 'lab' });
  await api.addConnection({ body: { ...lab, name: 'old', keys: { accessKeyId: 'AKIAOLD', secretAccessKey: 'x' } } });
  await api.testConnection({ name: 'old' });
  await api.addConnection({
    body: { name: 'archive', preset: 'aws', region: 'eu-central-1', secret: { kind: 'chain' } },
  });

  const drive = { connection: 'lab', prefix: '', unsentBytes: 0 };
  const { problem } = ProblemError.of(
    'unreachable',
    'The endpoint does not answer.',
    'Look at the network; it is tried again by itself.',
  );
  for (const [id, more] of Object.entries({
    m1: { bucket: 'photos', volumeName: 'photos', state: 'mounted', unsentBytes: 31_000_000 },
    m2: { bucket: 'reports', prefix: '2026/', volumeName: 'reports', state: 'waiting', problem },
    m3: { bucket: 'reports', prefix: 'old/', volumeName: 'old-reports', state: 'unmounted' },
  })) {
    const mountPoint = `/home/me/Windlass/${more.volumeName}`;
    service.mounts.set(id, mountSchema.parse({ ...drive, ...more, id, mountPoint }));
  }

  const upload = { mount: 'm1', kind: 'upload', size: 40_000_000, sent: 0 } as const;
  const denied = ProblemError.of('access-denied', 'The keys may not write to photos.', 'Allow s3:PutObject for them.');
  service.transfers.set('t1', {
    ...upload,
    id: 't1',
    path: '2026/may/IMG_2041.raw',
    state: 'running',
    sent: 22_000_000,
  });
  service.transfers.set('t2', { ...upload, id: 't2', path: '2026/may/IMG_2042.raw', state: 'waiting' });
  service.transfers.set('t3', {
    ...{ ...upload, id: 't3', path: 'notes.txt', size: 900, state: 'failed' },
    problem: denied.problem,
  });
  service.transfers.set('t4', { ...upload, id: 't4', kind: 'rename', path: 'drafts', size: 0, state: 'waiting' });

  const notice = { time: Date.UTC(2026, 4, 3, 9, 41), mount: 'm2' };
  service.notices.set('n1', {
    ...{ ...notice, id: 'n1', kind: 'conflict', key: '2026/plan.ods' },
    message:
      'Somebody else has written this object since it was opened here; what was written here is beside it as “plan (conflict).ods”. Compare the two, and delete the one that you do not need.',
  });
  service.notices.set('n2', {
    ...{ ...notice, id: 'n2', kind: 'recovered', key: '2026/letter.txt' },
    message: 'It was being written when the machine stopped; what was there is kept as “letter (recovered).txt”.',
  });
}
