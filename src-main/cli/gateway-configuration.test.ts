import { describe, expect, it } from 'vitest';
import { UsageError } from './command-error.ts';
import { gatewayConfigurationFrom, type GatewayOptions, type Invocation } from './gateway-configuration.ts';

const invocation: Invocation = {
  environment: {},
  workingFolder: '/home/ada',
  platform: 'linux',
  uid: 1000,
  gid: 100,
  dataFolder: '/home/ada/.local/share/windlass/gateway',
  cacheFolder: '/home/ada/.cache/windlass/gateway',
  credentials: undefined,
};

const configure = (options: Partial<GatewayOptions> = {}, changed: Partial<Invocation> = {}) =>
  gatewayConfigurationFrom(
    { bind: '127.0.0.1:2049', export: [], folder: [], allow: [], ...options },
    { ...invocation, ...changed },
  );

describe('the configuration of a gateway', () => {
  it('without flags serves every bucket on loopback, as who started it', () => {
    expect(configure()).toMatchObject({
      dataFolder: '/home/ada/.local/share/windlass/gateway',
      bind: { address: '127.0.0.1', port: 2049 },
      allow: [],
      insecurePorts: false,
      portmapper: false,
      leaseSeconds: 60,
      exports: [],
      allBuckets: {
        connection: { kind: 's3', pathStyle: false },
        template: { prefix: '', readOnly: false, listed: true, uid: 1000, gid: 100, squash: 'none', metadataTtl: 10 },
      },
    });
  });

  it('takes every flag to its place', () => {
    const configuration = configure({
      bind: '[::1]:3049',
      endpoint: 'https://s3.example.com/',
      region: 'eu-west-3',
      profile: 'work',
      export: ['photos=my-bucket/2026'],
      folder: ['scratch=objects'],
      readOnly: true,
      unlisted: true,
      portmapper: true,
      uid: '7',
      gid: '8',
      squash: 'all',
      dataDir: 'state',
      lease: '30',
      insecurePorts: true,
      allow: ['10.0.0.0/8', '::1'],
      writeThrough: true,
      metadataTtl: '0',
      cacheSize: '50G',
      memoryCacheSize: '64M',
    });
    const shared = {
      readOnly: true,
      listed: false,
      uid: 7,
      gid: 8,
      squash: 'all',
      writeThrough: true,
      metadataTtl: 0,
      fileMode: 0o644,
      directoryMode: 0o755,
      metadata: 'auto',
    };
    expect(configuration).toEqual({
      dataFolder: '/home/ada/state',
      bind: { address: '::1', port: 3049 },
      allow: ['10.0.0.0/8', '::1/128'],
      insecurePorts: true,
      portmapper: true,
      leaseSeconds: 30,
      cache: { diskBytes: 50 * 1024 ** 3, memoryBytes: 64 * 1024 ** 2 },
      exports: [
        {
          ...shared,
          name: 'photos',
          bucket: 'my-bucket',
          prefix: '2026/',
          connection: {
            kind: 's3',
            endpoint: 'https://s3.example.com',
            region: 'eu-west-3',
            pathStyle: true,
            profile: 'work',
            fips: false,
            dualStack: false,
            accelerate: false,
          },
        },
        { ...shared, name: 'scratch', bucket: '/home/ada/objects', prefix: '', connection: { kind: 'folder' } },
      ],
    });
  });

  it('keeps the cache where caches lie, and in a data folder of its own in that', () => {
    const memoryBytes = 96 * 1024 ** 2;
    expect(configure().cache).toEqual({ folder: '/home/ada/.cache/windlass/gateway', memoryBytes });
    expect(configure({ dataDir: 'state' }).cache).toEqual({ memoryBytes });
  });

  it('squashes root beyond loopback unless told otherwise', () => {
    const beyond = { bind: '0.0.0.0:2049', allow: ['10.0.0.0/8'], export: ['a=bucket'] };
    expect(configure(beyond).exports[0]?.squash).toBe('root');
    expect(configure({ ...beyond, squash: 'none' }).exports[0]?.squash).toBe('none');
  });

  it('takes endpoint and region from the environment where no flag names them', () => {
    const environment = {
      AWS_ENDPOINT_URL: 'https://everything.example.com',
      AWS_ENDPOINT_URL_S3: 'https://s3.example.com',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_USE_FIPS_ENDPOINT: 'true',
    };
    expect(configure({}, { environment }).allBuckets?.connection).toMatchObject({
      endpoint: 'https://s3.example.com',
      region: 'eu-west-1',
      pathStyle: true,
      fips: true,
    });
    expect(
      configure({ endpoint: 'https://s3.eu-west-2.amazonaws.com', region: 'eu-west-2' }, { environment }).allBuckets
        ?.connection,
    ).toMatchObject({ endpoint: 'https://s3.eu-west-2.amazonaws.com', region: 'eu-west-2', pathStyle: false });
  });

  it('lets flags decide how buckets are named, whatever the endpoint is', () => {
    const connection = (options: Partial<GatewayOptions>) => configure(options).allBuckets?.connection;
    expect(connection({ pathStyle: true })?.pathStyle).toBe(true);
    expect(connection({ endpoint: 'https://s3.example.com', pathStyle: false })?.pathStyle).toBe(false);
  });

  it('takes keys from their flags or from the file', () => {
    const credentials = { accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T' };
    expect(configure({}, { credentials }).allBuckets?.connection.credentials).toEqual(credentials);
    expect(configure({ accessKey: 'K', secretKey: 'S' }).allBuckets?.connection.credentials).toEqual({
      accessKeyId: 'K',
      secretAccessKey: 'S',
    });
  });

  it('accepts ports above 1023 where the system mounts from such', () => {
    expect(configure({}, { platform: 'darwin' }).insecurePorts).toBe(true);
  });

  it.each<[string, Partial<GatewayOptions>]>([
    ['--bind needs an IP address', { bind: 'localhost:2049' }],
    ['--bind 0.0.0.0:2049 opens the gateway to other machines: say which with --allow', { bind: '0.0.0.0:2049' }],
    ['--bind [::]:2049 opens the gateway to other machines', { bind: '[::]:2049' }],
    ['--allow needs an address', { allow: ['everybody'] }],
    ['--endpoint needs a URL', { endpoint: 'localhost:9000' }],
    ['--endpoint must not hold a name or password', { endpoint: 'https://hunter2:hunter2@example.com' }],
    ['--region needs the name of a region', { region: 'eu central' }],
    ['--profile needs a value', { profile: '' }],
    ['--export needs NAME=BUCKET', { export: ['photos'] }],
    ['--folder needs NAME=DIR', { folder: ['scratch'] }],
    ['--uid needs a number', { uid: 'root' }],
    ['--gid needs a number', { gid: '-1' }],
    ['--data-dir needs a value', { dataDir: '' }],
    ['--lease needs a whole number of seconds from 1 to 3600', { lease: '0' }],
    ['--metadata-ttl needs a number of seconds', { metadataTtl: '10s' }],
    ['--access-key and --secret-key are needed together', { accessKey: 'AKIA' }],
    ['--access-key and --secret-key are needed together', { secretKey: 'hunter2' }],
    ['--access-key and --secret-key must not be empty', { accessKey: 'AKIA', secretKey: '' }],
    ['--profile and --access-key both say', { profile: 'work', accessKey: 'AKIA', secretKey: 'hunter2' }],
    ['--profile and --credentials-file both say', { profile: 'work', credentialsFile: 'keys.toml' }],
    ['Two exports are named "a"', { export: ['a=bucket'], folder: ['a=/srv'] }],
    ['Two exports are named', { export: ['caf\u00e9=bucket', 'cafe\u0301=bucket'] }],
    ['--endpoint is for S3, and only --folder is exported', { folder: ['a=/srv'], endpoint: 'https://example.com' }],
    ['--folder /home and the data folder', { folder: ['a=/home'] }],
    ['--folder /srv/data/x and the data folder', { folder: ['a=/srv/data/x'], dataDir: '/srv/data' }],
  ])('is refused with %j', (sentence, options) => {
    const refusal = (() => {
      try {
        return configure(options);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(UsageError);
    const { message } = refusal as UsageError;
    expect(message.startsWith(sentence), message).toBe(true);
    expect(message).toMatch(/\.$/);
    expect(message).not.toContain('hunter2');
  });

  it('names the variable where the environment holds the endpoint that is refused', () => {
    expect(() => configure({}, { environment: { AWS_ENDPOINT_URL: 'nonsense' } })).toThrow(/AWS_ENDPOINT_URL/);
  });

  it('has the default lease and ttl of the gateway itself', () => {
    expect(configure({ export: ['a=bucket'] })).toMatchObject({ leaseSeconds: 60, exports: [{ metadataTtl: 10 }] });
  });
});
