/** What is typed into the form of a drive, and what it means. Pure. */
import type { z } from 'zod';
import { mountSettings } from '../../src-main/api/mounts.ts';
import { texts } from '../texts.ts';

export interface DriveForm {
  readonly connection: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly mountPoint: string;
  readonly volumeName: string;
  readonly readOnly: boolean;
  readonly autoMount: boolean;
  readonly asMine: boolean;
  readonly allowOther: boolean;
  readonly requesterPays: boolean;
  /** Seconds. */
  readonly metadataTtl: string;
  readonly metadata: 'auto' | 'full' | 'listing';
  readonly writeMode: 'write-back' | 'write-through';
  /** GiB. */
  readonly quota: string;
  readonly storageClass: string;
  readonly encryption: '' | 'AES256' | 'aws:kms' | 'aws:kms:dsse';
  readonly keyId: string;
}

export const emptyDrive: DriveForm = {
  connection: '',
  bucket: '',
  prefix: '',
  mountPoint: '',
  volumeName: '',
  readOnly: false,
  autoMount: true,
  asMine: true,
  allowOther: false,
  requesterPays: false,
  metadataTtl: '10',
  metadata: 'auto',
  writeMode: 'write-back',
  quota: '',
  storageClass: '',
  encryption: '',
  keyId: '',
};

export type DriveErrors = Readonly<Partial<Record<keyof DriveForm, string>>>;
export type DriveRequest = z.input<typeof mountSettings>;

const gib = 2 ** 30;

export function readDrive(form: DriveForm): { readonly drive: DriveRequest } | { readonly errors: DriveErrors } {
  const errors: { -readonly [F in keyof DriveForm]?: string } = {};
  if (form.connection === '') errors.connection = texts.assistant.needed;
  if (form.bucket.trim() === '') errors.bucket = texts.assistant.needed;
  const number = (field: 'metadataTtl' | 'quota'): number | undefined => {
    const text = form[field].trim();
    if (text === '') return undefined;
    const value = Number(text);
    if (!Number.isFinite(value) || value < 0) errors[field] = texts.driveForm.noNumber;
    return value;
  };
  const metadataTtl = number('metadataTtl');
  const quota = number('quota');
  if (Object.keys(errors).length > 0) return { errors };
  const drive: DriveRequest = {
    connection: form.connection,
    bucket: form.bucket.trim(),
    prefix: folderPrefix(form.prefix.trim()),
    ...(form.mountPoint.trim() !== '' && { mountPoint: form.mountPoint.trim() }),
    ...(form.volumeName.trim() !== '' && { volumeName: form.volumeName.trim() }),
    options: {
      readOnly: form.readOnly,
      autoMount: form.autoMount,
      asMine: form.asMine,
      allowOther: form.allowOther,
      requesterPays: form.requesterPays,
      metadata: form.metadata,
      writeMode: form.writeMode,
      ...(metadataTtl !== undefined && { metadataTtl }),
      ...(quota !== undefined && { quota: Math.round(quota * gib) }),
      ...(form.storageClass.trim() !== '' && { storageClass: form.storageClass.trim() }),
      ...(form.encryption !== '' && {
        encryption: {
          algorithm: form.encryption,
          ...(form.encryption !== 'AES256' && form.keyId.trim() !== '' && { keyId: form.keyId.trim() }),
        },
      }),
    },
  };
  const parsed = mountSettings.safeParse(drive);
  if (parsed.success) return { drive };
  const told: { -readonly [F in keyof DriveForm]?: string } = {};
  for (const { path, message } of parsed.error.issues) {
    const field = path.findLast((part) => typeof part === 'string' && part in form);
    told[(field ?? 'bucket') as keyof DriveForm] = texts.assistant.wrong(message);
  }
  return { errors: told };
}

/** As the API has it: empty, or without a slash in front and with one at the end. */
export function folderPrefix(text: string): string {
  const inner = text.replaceAll(/^\/+|\/+$/g, '');
  return inner === '' ? '' : `${inner}/`;
}
