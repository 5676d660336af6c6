/**
 * Which folder may import what: the table, and the lint rule that reads it. The order inside the gateway is
 * `nfs3, nfs4 > filesystem > staging > cache > store > database`: a folder may import from those below it.
 */
import { builtinModules } from 'node:module';
import path from 'node:path';

const root = import.meta.dirname;

/** The gateway's folders, top first; a row may import from the rows after it. `rpc` stands beside them, for protocols alone. */
const order = [['nfs3', 'nfs4'], ['filesystem'], ['staging'], ['cache'], ['store'], ['database']];
const folders = [...order.flat(), 'rpc'];

/**
 * One line of the table. Files and targets are paths from the project's root; one that ends in `/` stands for
 * everything below it; `*` for everything; `node:*` for Node's own modules; any other word is a package. The first line
 * that forbids an import gives the message.
 *
 * @typedef {object} Layer
 * @property {readonly string[]} files what the line is about
 * @property {readonly string[]} [exceptFiles] what it is not about
 * @property {readonly string[]} never what those files may not import
 * @property {readonly string[]} [except] what they may import all the same
 * @property {string} because the rule in words
 */

/** Imported by every folder of the gateway. */
const everybodys = ['gateway/log.ts', 'gateway/configuration.ts'];
const gateway = (/** @type {readonly string[]} */ names) => names.map((name) => `gateway/${name}/`);

/** @type {readonly Layer[]} */
const inTheGateway = [
  {
    files: gateway(['nfs3']),
    never: gateway(['nfs4']),
    because: 'nfs3 and nfs4 never import each other; what both need belongs in filesystem/ or rpc/.',
  },
  {
    files: gateway(['nfs4']),
    never: gateway(['nfs3']),
    because: 'nfs3 and nfs4 never import each other; what both need belongs in filesystem/ or rpc/.',
  },
  {
    files: gateway(['nfs3', 'nfs4']),
    never: gateway(['staging', 'cache', 'store']),
    because: 'The protocols never know S3: they see objects through filesystem/ alone.',
  },
  {
    files: gateway(['store']),
    never: gateway(['rpc', 'nfs3', 'nfs4', 'filesystem', 'staging', 'cache']),
    because: 'store/ never knows NFS: it keeps objects under keys and imports only database/.',
  },
  {
    files: gateway(['rpc']),
    never: gateway(order.flat()),
    because: 'rpc/ carries calls and knows none of those who answer them: it imports no other folder.',
  },
  {
    files: gateway(['filesystem', 'staging', 'cache', 'database']),
    never: gateway(['rpc']),
    because: 'rpc/ is used by the protocols (nfs3/, nfs4/), gateway.ts and main.ts alone.',
  },
  ...order.slice(1).map((row, index) => ({
    files: gateway(row),
    never: gateway(order.slice(0, index + 1).flat()),
    because:
      'A folder of the gateway imports only from folders below it: nfs3, nfs4 > filesystem > staging > cache > store > database.',
  })),
  {
    files: gateway(folders),
    never: ['gateway/'],
    except: [...everybodys, ...gateway(folders)],
    because:
      'The folders of the gateway import nothing of what composes them; of its top files only log.ts and configuration.ts.',
  },
];

/** @type {readonly Layer[]} */
export const layers = [
  {
    files: ['*'],
    exceptFiles: ['src-main/desktop/'],
    never: ['electron'],
    because: 'Only src-main/desktop/ imports electron.',
  },
  {
    files: ['*'],
    exceptFiles: ['src-main/connections/keychain.ts'],
    never: ['keytar'],
    because:
      'keytar is imported in one file only, src-main/connections/keychain.ts, so that another library can replace it.',
  },
  ...inTheGateway,
  {
    files: ['gateway/'],
    never: ['src-main/', 'src-renderer/'],
    because: 'gateway/ speaks NFS and stores objects; it never imports src-main/ or src-renderer/.',
  },
  {
    files: ['src-main/api/'],
    never: ['node:*'],
    because: 'src-main/api/ runs in browsers too: it imports no Node modules.',
  },
  {
    files: ['src-main/api/'],
    never: ['gateway/', 'src-main/', 'src-renderer/'],
    except: ['src-main/api/'],
    because: 'src-main/api/ is what the renderer sees: it imports nothing of the rest of the project.',
  },
  {
    files: ['src-main/'],
    never: ['gateway/'],
    except: ['gateway/main.ts', 'gateway/control.ts', 'gateway/configuration.ts'],
    because: 'src-main/ starts the gateway and imports only its main.ts, control.ts and configuration.ts.',
  },
  {
    files: ['src-main/'],
    never: ['src-renderer/'],
    because: 'src-main/ never imports src-renderer/; what both need belongs in src-main/api/.',
  },
  {
    files: ['src-renderer/'],
    never: ['gateway/', 'src-main/'],
    except: ['src-main/api/'],
    because: 'src-renderer/ knows src-main/api/ and nothing else of the project.',
  },
  {
    files: ['src-renderer/'],
    exceptFiles: ['src-renderer/vite.config.ts'],
    never: ['node:*'],
    because: 'src-renderer/ runs in browsers: it imports no Node modules.',
  },
];

const matches = (/** @type {string} */ name, /** @type {readonly string[]} */ patterns) =>
  patterns.some((pattern) => pattern === '*' || (pattern.endsWith('/') ? name.startsWith(pattern) : name === pattern));

/** What a line calls the module: a path from the root, `node:*`, or a package's name without what follows it. */
function nameOf(/** @type {string} */ file, /** @type {string} */ specifier) {
  if (/^(\.{1,2}(\/|$)|\/)/.test(specifier)) {
    return path.relative(root, path.resolve(path.dirname(file), specifier)).replaceAll(path.sep, '/');
  }
  if (specifier.startsWith('node:') || builtinModules.includes(specifier)) return 'node:*';
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/**
 * @param {string} file absolute
 * @param {string} specifier as the import writes it
 * @returns {string | undefined} the rule that forbids the import, in words
 */
export function forbidden(file, specifier) {
  const from = path.relative(root, file).replaceAll(path.sep, '/');
  const name = nameOf(file, specifier);
  return layers.find(
    (layer) =>
      matches(from, layer.files) &&
      !matches(from, layer.exceptFiles ?? []) &&
      matches(name, layer.never) &&
      !matches(name, layer.except ?? []),
  )?.because;
}

/** @type {import('eslint').Rule.RuleModule} */
const layersRule = {
  meta: { type: 'problem', schema: [], messages: { forbidden: '{{because}}' } },
  create(context) {
    /** @param {any} node the literal that names the module; anything else is no import known before it runs */
    const check = (node) => {
      if (typeof node?.value !== 'string') return;
      const because = forbidden(context.filename, node.value);
      if (because !== undefined) context.report({ node, messageId: 'forbidden', data: { because } });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      /** `import('./x.ts').Type` */
      TSImportType: (/** @type {any} */ node) => check(node.source ?? node.argument?.literal),
      'CallExpression[callee.name="require"]': (/** @type {any} */ node) => check(node.arguments[0]),
    };
  },
};

export const layersPlugin = { rules: { layers: layersRule } };
