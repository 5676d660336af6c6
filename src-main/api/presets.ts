/** What is known of the services that people use: where their S3 is, and what it needs to be told. */
import type { Preset } from './connections.ts';

export interface PresetFacts {
  readonly title: string;
  /** With `{region}` and `{account}` to fill in; undefined: AWS's own, or typed by the user. */
  readonly endpoint?: string;
  /** What the fields of the endpoint are called by the service, in the user's words. */
  readonly fields: Readonly<Partial<Record<'endpoint' | 'region' | 'account', string>>>;
  /** Where the service has but one region, or does not care. */
  readonly region?: string;
  readonly pathStyle: boolean;
}

/** Endpoints as the services document them. */
export const presets: Readonly<Record<Preset, PresetFacts>> = {
  aws: { title: 'Amazon S3', fields: { region: 'Region, such as eu-central-1' }, pathStyle: false },
  'cloudflare-r2': {
    title: 'Cloudflare R2',
    endpoint: 'https://{account}.r2.cloudflarestorage.com',
    fields: { account: 'Account ID' },
    region: 'auto',
    pathStyle: true,
  },
  'backblaze-b2': {
    title: 'Backblaze B2',
    endpoint: 'https://s3.{region}.backblazeb2.com',
    fields: { region: 'Region, such as us-west-004' },
    pathStyle: true,
  },
  wasabi: {
    title: 'Wasabi',
    endpoint: 'https://s3.{region}.wasabisys.com',
    fields: { region: 'Region, such as eu-central-1' },
    pathStyle: true,
  },
  minio: {
    title: 'MinIO',
    fields: { endpoint: 'Address, such as https://minio.example.com:9000' },
    region: 'us-east-1',
    pathStyle: true,
  },
  ceph: { title: 'Ceph', fields: { endpoint: 'Address of the gateway' }, region: 'us-east-1', pathStyle: true },
  garage: { title: 'Garage', fields: { endpoint: 'Address' }, region: 'garage', pathStyle: true },
  digitalocean: {
    title: 'DigitalOcean Spaces',
    endpoint: 'https://{region}.digitaloceanspaces.com',
    fields: { region: 'Region, such as fra1' },
    pathStyle: false,
  },
  scaleway: {
    title: 'Scaleway',
    endpoint: 'https://s3.{region}.scw.cloud',
    fields: { region: 'Region, such as fr-par' },
    pathStyle: false,
  },
  hetzner: {
    title: 'Hetzner',
    endpoint: 'https://{region}.your-objectstorage.com',
    fields: { region: 'Location, such as fsn1' },
    pathStyle: false,
  },
  custom: {
    title: 'Another S3 service',
    fields: { endpoint: 'Address', region: 'Region' },
    region: 'us-east-1',
    pathStyle: true,
  },
  folder: { title: 'A folder on this machine', fields: {}, pathStyle: false },
};

/**
 * The endpoint that a preset stands for.
 *
 * @returns undefined where the preset has none of its own
 * @throws MissingField
 */
export function presetEndpoint(
  preset: Preset,
  values: { readonly region?: string; readonly account?: string },
): string | undefined {
  return presets[preset].endpoint?.replaceAll(/\{(region|account)\}/g, (_, name: 'region' | 'account') => {
    const value = values[name];
    if (value === undefined) throw new MissingField(preset, name);
    return value;
  });
}

export class MissingField extends Error {
  override readonly name = 'MissingField';
  readonly field: 'region' | 'account';

  constructor(preset: Preset, field: 'region' | 'account') {
    const { title, fields } = presets[preset];
    super(`${title} needs one thing more: ${fields[field] ?? field}.`);
    this.field = field;
  }
}
