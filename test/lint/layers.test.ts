import path from 'node:path';
import { ESLint } from 'eslint';
import typescript from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
// The project's own configuration; only the rules that need types are off, because the files here exist in memory alone.
const eslint = new ESLint({ cwd: root, overrideConfig: [typescript.configs.disableTypeChecked] });

async function lint(file: string, text: string): Promise<readonly string[]> {
  const [result] = await eslint.lintText(text, { filePath: path.join(root, file) });
  if (result === undefined) throw new Error(`${file} is not linted at all`);
  return result.messages.map(({ ruleId, message }) => `${ruleId ?? 'no rule'}: ${message}`);
}

const imports = (module: string) => `import ${JSON.stringify(module)};\n`;

const protocolsApart = 'nfs3 and nfs4 never import each other; what both need belongs in filesystem/ or rpc/.';
const protocolsAndS3 = 'The protocols never know S3: they see objects through filesystem/ alone.';
const storeAndNfs = 'store/ never knows NFS: it keeps objects under keys and imports only database/.';
const rpcAlone = 'rpc/ carries calls and knows none of those who answer them: it imports no other folder.';
const rpcForProtocols = 'rpc/ is used by the protocols (nfs3/, nfs4/), gateway.ts and main.ts alone.';
const downwards =
  'A folder of the gateway imports only from folders below it: nfs3, nfs4 > filesystem > staging > cache > store > database.';
const topFiles =
  'The folders of the gateway import nothing of what composes them; of its top files only log.ts and configuration.ts.';
const gatewayAlone = 'gateway/ speaks NFS and stores objects; it never imports src-main/ or src-renderer/.';
const electronInDesktop = 'Only src-main/desktop/ imports electron.';
const keytarInKeychain =
  'keytar is imported in one file only, src-main/connections/keychain.ts, so that another library can replace it.';
const apiInBrowsers = 'src-main/api/ runs in browsers too: it imports no Node modules.';
const apiAlone = 'src-main/api/ is what the renderer sees: it imports nothing of the rest of the project.';
const gatewayDoors = 'src-main/ starts the gateway and imports only its main.ts, control.ts and configuration.ts.';
const mainWithoutRenderer = 'src-main/ never imports src-renderer/; what both need belongs in src-main/api/.';
const rendererAndApi = 'src-renderer/ knows src-main/api/ and nothing else of the project.';
const rendererInBrowsers = 'src-renderer/ runs in browsers: it imports no Node modules.';

describe('an import that breaks a layer is an error that names the rule', () => {
  it.each([
    ['gateway/nfs3/read.ts', '../nfs4/operation.ts', protocolsApart],
    ['gateway/nfs4/read.ts', '../nfs3/procedure.ts', protocolsApart],
    ['gateway/nfs4/read.ts', '../store/object-store.ts', protocolsAndS3],
    ['gateway/nfs4/state/opens.ts', '../../staging/segment.ts', protocolsAndS3],
    ['gateway/nfs3/read.ts', '../cache/blocks.ts', protocolsAndS3],
    ['gateway/store/s3/list.ts', '../../filesystem/errors.ts', storeAndNfs],
    ['gateway/store/object-store.ts', '../rpc/xdr.ts', storeAndNfs],
    ['gateway/store/object-store.ts', '../nfs4/operation.ts', storeAndNfs],
    ['gateway/rpc/server.ts', '../nfs4/operation.ts', rpcAlone],
    ['gateway/rpc/server.ts', '../filesystem/caller.ts', rpcAlone],
    ['gateway/filesystem/tree.ts', '../rpc/xdr.ts', rpcForProtocols],
    ['gateway/database/database.ts', '../rpc/xdr.ts', rpcForProtocols],
    ['gateway/filesystem/tree.ts', '../nfs4/operation.ts', downwards],
    ['gateway/staging/segment.ts', '../filesystem/tree.ts', downwards],
    ['gateway/cache/blocks.ts', '../staging/segment.ts', downwards],
    ['gateway/database/database.ts', '../store/object-store.ts', downwards],
    ['gateway/database/database.ts', '../cache/blocks.ts', downwards],
    ['gateway/nfs4/read.ts', '../gateway.ts', topFiles],
    ['gateway/gateway.ts', '../src-main/folders.ts', gatewayAlone],
    ['gateway/filesystem/tree.ts', '../../src-main/api/mount.ts', gatewayAlone],
    ['gateway/gateway.ts', '../src-renderer/main.tsx', gatewayAlone],
    ['gateway/main.ts', 'electron', electronInDesktop],
    ['src-main/service.ts', 'electron/main', electronInDesktop],
    ['src-main/desktop/tray.ts', 'keytar', keytarInKeychain],
    ['gateway/store/s3/sign.ts', 'keytar', keytarInKeychain],
    ['src-main/api/mount.ts', 'node:path', apiInBrowsers],
    ['src-main/api/mount.ts', 'fs/promises', apiInBrowsers],
    ['src-main/api/mount.ts', '../folders.ts', apiAlone],
    ['src-main/api/mount.ts', '../../gateway/control.ts', apiAlone],
    ['src-main/cli/gateway.ts', '../../gateway/gateway.ts', gatewayDoors],
    ['src-main/service.ts', '../gateway/store/object-store.ts', gatewayDoors],
    ['src-main/desktop/windows.ts', '../../src-renderer/main.tsx', mainWithoutRenderer],
    ['src-renderer/main.tsx', '../src-main/service.ts', rendererAndApi],
    ['src-renderer/main.tsx', '../gateway/control.ts', rendererAndApi],
    ['src-renderer/main.tsx', 'node:fs', rendererInBrowsers],
  ])('%s importing %s', async (file, module, rule) => {
    expect(await lint(file, imports(module))).toContain(`windlass/layers: ${rule}`);
  });

  it.each([
    ['a type', `import type { Inode } from '../filesystem/tree.ts';\nexport type Found = Inode;\n`],
    ['the type of an expression', `export type Found = import('../filesystem/tree.ts').Inode;\n`],
    ['a re-export', `export { find } from '../filesystem/tree.ts';\n`],
    ['everything re-exported', `export * from '../filesystem/tree.ts';\n`],
    ['an import when it is needed', `await import('../filesystem/tree.ts');\n`],
    ['require', `declare const require: (name: string) => unknown;\nrequire('../filesystem/tree.ts');\n`],
  ])('also as %s', async (_form, text) => {
    expect(await lint('gateway/staging/segment.ts', text)).toContain(`windlass/layers: ${downwards}`);
  });
});

describe('an import that the layers allow passes', () => {
  it.each([
    ['gateway/main.ts', './gateway.ts'],
    ['gateway/gateway.ts', './rpc/server.ts'],
    ['gateway/gateway.ts', './nfs4/program.ts'],
    ['gateway/rpc/server.ts', './xdr.ts'],
    ['gateway/rpc/server.ts', '../log.ts'],
    ['gateway/nfs3/read.ts', '../rpc/xdr.ts'],
    ['gateway/nfs4/read.ts', '../filesystem/file-system.ts'],
    ['gateway/nfs4/state/clients.ts', '../../database/database.ts'],
    ['gateway/filesystem/tree.ts', '../staging/segment.ts'],
    ['gateway/filesystem/tree.ts', '../store/object-store.ts'],
    ['gateway/staging/segment.ts', '../cache/blocks.ts'],
    ['gateway/cache/blocks.ts', '../store/object-store.ts'],
    ['gateway/store/s3/list.ts', '../../configuration.ts'],
    ['gateway/store/object-store.ts', '../database/database.ts'],
    ['gateway/database/database.ts', 'lmdb'],
    ['src-main/api/mount.ts', 'zod'],
    ['src-main/connections/keychain.ts', 'keytar'],
    ['src-main/cli/gateway.ts', '../../gateway/main.ts'],
    ['src-main/gateway-process/watch.ts', '../../gateway/control.ts'],
    ['src-main/desktop/tray.ts', 'electron'],
    ['src-main/control/serve.ts', '../api/mount.ts'],
    ['src-renderer/main.tsx', '../src-main/api/mount.ts'],
    ['test/kernel/mount.test.ts', '../../gateway/gateway.ts'],
  ])('%s importing %s', async (file, module) => {
    expect(await lint(file, imports(module))).toEqual([]);
  });
});

describe('beside the layers', () => {
  it('any is an error', async () => {
    expect((await lint('gateway/cache/blocks.ts', 'export let found: any;\n')).join()).toMatch(/no-explicit-any/);
  });

  it('a file over 400 lines is a warning', async () => {
    const [result] = await eslint.lintText('export {};\n'.repeat(401), {
      filePath: path.join(root, 'gateway/cache/blocks.ts'),
    });
    expect(result?.messages.map(({ ruleId, severity }) => ({ ruleId, severity }))).toContainEqual({
      ruleId: 'max-lines',
      severity: 1,
    });
  });
});
