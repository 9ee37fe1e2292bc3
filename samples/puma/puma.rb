bind "tcp://127.0.0.1:#{ENV.fetch("PORT")}"
workers 2
threads 1, 4
# nginx keeps its connections: each has its turn after one request, not after ten.
max_fast_inline 1
# The application is loaded once, before anyone can connect.
preload_app!
# TERM is how it is told to stop: no reason for a stack trace.
raise_exception_on_sigterm false
