/** What there is to say of each command beyond its summary, and examples. */
export const ABOUT: Record<string, { text: string[]; examples: string[] }> = {
  deploy: {
    text: [
      "Starts a new instance of each service beside the old one, waits until it " +
      "accepts connections and is healthy, renders nginx.conf, switches, verifies, " +
      "waits until the last connection to the old instance has ended, and stops that. " +
      "If anything fails before the switch is verified, all of it is undone and what " +
      "served before serves on.",
      "With `--release`, a deploy does nothing if all instances that run are of that " +
      "release already, and neither what they are started with nor nginx.conf would " +
      "be another. With `--canary`, the new instances get a share of the " +
      "requests, until `promote` or `abort`; the template must switch them live.",
    ],
    examples: [
      "zddeploy",
      "zddeploy deploy --release v42 --lock-wait 60",
      "zddeploy deploy --service web --canary 10",
      "zddeploy deploy --dry-run --json",
    ],
  },
  start: {
    text: [
      "Starts nginx and the instances that should run and don't. What runs is not " +
      "touched. Nothing happens if all is well, so it may be run as often as you like.",
    ],
    examples: ["@reboot cd /srv/app && zddeploy start", "zddeploy start -q"],
  },
  status: {
    text: [
      "Shows each instance with what it is for, its pid, address, release, uptime, " +
      "memory and open connections, and nginx with the number of its workers, old " +
      "ones that still finish requests, and when it was started or reloaded. " +
      "`--verbose` adds the logs.",
      "An instance is `serving`, a `canary` with its share, a `standby` for a " +
      "rollback, `stopping`, or `dead`.",
      "`--watch` shows it again and again until it is interrupted; with `--json`, one " +
      "document a line.",
    ],
    examples: [
      "zddeploy status -v",
      "zddeploy status --watch -n 5",
      "zddeploy status -q || mail -s 'app is down' root </dev/null",
    ],
  },
  check: {
    text: [
      "Finds everything that can be known without starting anything: every mistake in " +
      "deploy.conf and the template, missing programs, directories that can't be " +
      "written, and what nginx thinks of the configuration that would be rendered now.",
    ],
    examples: ["zddeploy check", "zddeploy check --json"],
  },
  render: {
    text: [
      "Prints the nginx.conf that would be written for the instances that run now. " +
      "Where none does, port 1 stands in for an address.",
    ],
    examples: ["zddeploy render | diff - nginx.conf"],
  },
  rollback: {
    text: [
      "Gives the requests back to the instances that served before, which still run " +
      "if their service has `standby: yes`. A second rollback goes forward again.",
    ],
    examples: ["zddeploy rollback"],
  },
  canary: {
    text: [
      "Gives the canary, which `deploy --canary` has started, another share of the " +
      "requests: 0 to 100 percent.",
    ],
    examples: ["zddeploy canary 50"],
  },
  promote: {
    text: [
      "Makes the canary the release that serves, and stops the one before it.",
    ],
    examples: ["zddeploy promote"],
  },
  abort: {
    text: ["Ends the canary. The release beside it serves all requests again."],
    examples: ["zddeploy abort"],
  },
  stop: {
    text: [
      "Stops instances with their stop command, standby and canary ones too. Their " +
      "requests fail from then on: nothing is in their place. A service that has left " +
      "deploy.conf can still be stopped.",
    ],
    examples: ["zddeploy stop --service worker", "zddeploy stop --nginx"],
  },
  logs: {
    text: [
      "Shows what instances have printed last, with `tail`. `--json` prints the names " +
      "of the files.",
    ],
    examples: ["zddeploy logs -f", "zddeploy logs --service web -n 100"],
  },
  history: {
    text: [
      "Shows the last twenty deploys, rollbacks and so on, the newest last: how each " +
      "ended, how long it took, and the pids that served then.",
    ],
    examples: ["zddeploy history --json"],
  },
  init: {
    text: [
      "Writes deploy.conf and nginx.conf.template, with the live switch, so that the " +
      "next `zddeploy` works. KIND is node, deno, gunicorn, uvicorn, puma or command; " +
      "without it, the files in the directory tell. No file is ever overwritten.",
      "For `command`, the command stands behind `--`, with {port} or {socket} where it " +
      "takes its address; it may also read it from PORT.",
      "`--system` is for the nginx that the system runs: the template goes into " +
      "/etc/nginx/conf.d and has no http block of its own.",
    ],
    examples: [
      "zddeploy init",
      "zddeploy init node --listen 80",
      "zddeploy init command -- ./serve --port {port}",
      "zddeploy init gunicorn --system",
    ],
  },
  completion: {
    text: [
      "Prints a script for bash, zsh or fish that completes commands, options and " +
      "their values, and the services of the deploy.conf in the directory.",
    ],
    examples: [
      "zddeploy completion bash > /etc/bash_completion.d/zddeploy",
      'zddeploy completion zsh > "${fpath[1]}/_zddeploy"',
      "zddeploy completion fish > ~/.config/fish/completions/zddeploy.fish",
    ],
  },
  help: {
    text: [
      "TOPIC is a command, or deploy.conf, template, hooks, ansible or exit-status.",
    ],
    examples: [
      "zddeploy help deploy.conf",
      "zddeploy help --man > /usr/local/share/man/man1/zddeploy.1",
    ],
  },
};
