/**
 * A scheduler in shell that must never run twice. Each one that begins adds its pid to the
 * file `begun`, and one that finds another creates the file `twice`. It takes a moment to
 * end.
 *
 * @param directory of these files
 */
export function onlyOnce(directory: string): string {
  return `cd "${directory}"
exec 9>>one.lock
flock --nonblock 9 || { touch twice; exit 1; }
trap 'sleep 0.1; exit 0' TERM
echo $$ >>begun
while true; do sleep 0.02 9>&-; done
`;
}
