/** Finds the route that a request means. Pure. */
import { routes, type Route, type RouteName } from '../api/routes.ts';

export interface Match {
  readonly name: RouteName;
  readonly route: Route;
  /** Components of the path, decoded; not checked yet. */
  readonly parameters: Readonly<Record<string, string>>;
}

const all = (Object.entries(routes) as [RouteName, Route][]).map(([name, route]) => ({
  name,
  route,
  components: route.path.split('/'),
}));

/** undefined: there is no such path, or it cannot be written as UTF-8; `method`: the path is there, for others. */
export function matchRoute(method: string, path: string): Match | { readonly allowed: readonly string[] } | undefined {
  const given = path.split('/');
  const allowed: string[] = [];
  for (const { name, route, components } of all) {
    if (components.length !== given.length) continue;
    const parameters: Record<string, string> = {};
    const fits = components.every((component, index) => {
      const text = given[index] ?? '';
      if (!component.startsWith(':')) return component === text;
      const decoded = decode(text);
      if (decoded !== undefined) parameters[component.slice(1)] = decoded;
      return decoded !== undefined && decoded !== '';
    });
    if (fits && route.method === method) return { name, route, parameters };
    if (fits) allowed.push(route.method);
  }
  return allowed.length === 0 ? undefined : { allowed };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
