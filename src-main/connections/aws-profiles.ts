/** The profiles of AWS's configuration files: their names and where they lead. Keys in them are not read. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from './proxy-choice.ts';

export interface AwsProfile {
  readonly name: string;
  readonly region?: string;
  /** `endpoint_url`, where S3 is not AWS's. */
  readonly endpoint?: string;
}

/** In the order of the files. A file that is not there has no profiles. @throws the file system's other errors */
export async function readAwsProfiles(environment: Environment, home: string): Promise<readonly AwsProfile[]> {
  const config = environment['AWS_CONFIG_FILE'] ?? path.join(home, '.aws/config');
  const credentials = environment['AWS_SHARED_CREDENTIALS_FILE'] ?? path.join(home, '.aws/credentials');
  return parseAwsProfiles(await textOf(config), await textOf(credentials));
}

/**
 * Sections are `[profile NAME]` and `[default]` in the one file and `[NAME]` in the other (AWS SDKs and Tools Reference
 * Guide, "Shared config and credentials files").
 */
export function parseAwsProfiles(config: string, credentials: string): readonly AwsProfile[] {
  const profiles = new Map<string, AwsProfile>();
  const services = new Map<string, string>();
  const usedServices = new Map<string, string>();
  for (const { section, settings, nested } of sectionsOf(config)) {
    const [, kind, name = ''] =
      /^(\S+)\s+["']?(.+?)["']?$/.exec(section === 'default' ? 'profile default' : section) ?? [];
    const endpoint = nested.get('s3.endpoint_url') ?? settings.get('endpoint_url');
    if (kind === 'services' && endpoint !== undefined) services.set(name, endpoint);
    if (kind !== 'profile' || name === '') continue;
    const region = settings.get('region');
    const used = settings.get('services');
    if (used !== undefined) usedServices.set(name, used);
    profiles.set(name, { name, ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) });
  }
  for (const { section } of sectionsOf(credentials)) {
    if (!profiles.has(section)) profiles.set(section, { name: section });
  }
  return [...profiles.values()].map((profile) => {
    const endpoint = services.get(usedServices.get(profile.name) ?? '');
    return endpoint === undefined ? profile : { ...profile, endpoint };
  });
}

interface Section {
  readonly section: string;
  readonly settings: ReadonlyMap<string, string>;
  /** `s3 =` with indented settings below: as `s3.NAME`. */
  readonly nested: ReadonlyMap<string, string>;
}

function sectionsOf(text: string): readonly Section[] {
  const sections: { section: string; settings: Map<string, string>; nested: Map<string, string> }[] = [];
  let above = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const section = /^\[\s*(.+?)\s*\]/.exec(line)?.[1];
    if (section !== undefined) {
      sections.push({ section, settings: new Map(), nested: new Map() });
      continue;
    }
    const [, indent, name = '', value = ''] = /^(\s*)([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    const current = sections.at(-1);
    if (current === undefined || indent === undefined || name === '') continue;
    if (indent !== '') current.nested.set(`${above}.${name}`, value);
    else {
      above = name;
      current.settings.set(name, value);
    }
  }
  return sections;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
