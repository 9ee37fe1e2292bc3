import os
import sys

sys.dont_write_bytecode = True  # two edits of one second share a .pyc

bind = "127.0.0.1:0"  # the operating system picks a free port
workers = 2
threads = 4
pidfile = "gunicorn.pid"
errorlog = "gunicorn.log"  # a daemon's standard error leads nowhere
capture_output = True


def post_worker_init(worker):
    # when_ready is called before the application is loaded, but an application that
    # cannot be loaded must not serve. This hook runs in each worker, with the same
    # result. The pid file names their parent, the master.
    port = worker.sockets[0].getsockname()[1]
    temporary = f"{worker.ppid}.port.{os.getpid()}"
    with open(temporary, "w") as file:
        file.write(f"{port}\n")
    os.rename(temporary, f"{worker.ppid}.port")


def on_exit(server):
    # Called in the master, after the last worker has ended. gunicorn removes the pid
    # file itself, if it is still its own.
    try:
        os.unlink(f"{server.pid}.port")
    except FileNotFoundError:
        pass
