import os

from twisted.application.service import Application, Service
from twisted.internet import defer, reactor, task
from twisted.protocols.policies import WrappingFactory
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

VERSION = "1"
PID_FILE = "twistd.pid"


class Page(Resource):
    isLeaf = True

    def render(self, request):
        request.setHeader("Content-Type", "text/plain")
        if request.path == b"/slow":
            seconds = float(request.args.get(b"s", [b"5"])[0])
            call = reactor.callLater(seconds, self.answer, request)
            request.notifyFinish().addErrback(lambda _: call.cancel())
        else:
            self.answer(request)
        return NOT_DONE_YET

    def answer(self, request):
        text = f"twisted, pid {os.getpid()}, version {VERSION}\n"
        request.write(text.encode())
        request.finish()


class Instance(Service):
    def startService(self):
        super().startService()
        # Closes idle connections after 5 seconds, so that a stop ends.
        site = Site(Page(), timeout=5)
        site.log = lambda request: None  # nginx logs the requests
        self.factory = WrappingFactory(site)  # knows its open connections
        self.port = reactor.listenTCP(0, self.factory, interface="127.0.0.1")
        self.pid = os.getpid()  # twistd has daemonised by now
        write_number(PID_FILE, self.pid)
        write_number(f"{self.pid}.port", self.port.getHost().port)

    def stopService(self):
        super().stopService()
        return defer.ensureDeferred(self.drain())

    async def drain(self):
        await self.port.stopListening()
        while self.factory.protocols:
            await task.deferLater(reactor, 0.1)
        os.unlink(f"{self.pid}.port")
        if read_number(PID_FILE) == self.pid:
            os.unlink(PID_FILE)


def read_number(path):
    try:
        with open(path) as file:
            return int(file.read())
    except FileNotFoundError:
        return None


def write_number(path, number):
    with open(f"{path}.new", "w") as file:
        file.write(f"{number}\n")
    os.rename(f"{path}.new", path)


application = Application("sample")
Instance().setServiceParent(application)
