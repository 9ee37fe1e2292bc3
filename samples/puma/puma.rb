bind "tcp://127.0.0.1:#{ENV.fetch("PORT")}"
workers 2
threads 1, 4
# nginx keeps connections open: give each one request at a time, not ten.
max_fast_inline 1
# Loads the application once, before clients can connect.
preload_app!
# TERM is the normal way to stop, so it prints no stack trace.
raise_exception_on_sigterm false
