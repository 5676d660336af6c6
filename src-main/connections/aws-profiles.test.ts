import { describe, expect, it } from 'vitest';
import { parseAwsProfiles } from './aws-profiles.ts';

const config = `
# of the company
[default]
region = eu-central-1

[profile work]
region=us-west-2 
sso_session = corp
[profile lab]
endpoint_url = http://127.0.0.1:9000
s3 =
  max_concurrent_requests = 20
[profile "nested one"]
services = local
[services local]
s3 =
  endpoint_url = https://s3.example.com
[sso-session corp]
sso_region = us-east-1
`;

describe('AWS profiles', () => {
  it('are read with the region and the endpoint that they name', () => {
    expect(parseAwsProfiles(config, '')).toEqual([
      { name: 'default', region: 'eu-central-1' },
      { name: 'work', region: 'us-west-2' },
      { name: 'lab', endpoint: 'http://127.0.0.1:9000' },
      { name: 'nested one', endpoint: 'https://s3.example.com' },
    ]);
  });

  it('are found in the file of credentials too, and nothing of the keys is kept', () => {
    const credentials = '[work]\naws_access_key_id = AKIA1\naws_secret_access_key = hunter2\n[old one]\n';
    const profiles = parseAwsProfiles(config, credentials);
    expect(profiles.map(({ name }) => name)).toEqual(['default', 'work', 'lab', 'nested one', 'old one']);
    expect(JSON.stringify(profiles)).not.toMatch(/AKIA1|hunter2/);
  });

  it('are none where there is no file', () => {
    expect(parseAwsProfiles('', '')).toEqual([]);
  });
});
