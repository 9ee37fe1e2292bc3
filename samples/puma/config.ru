VERSION = "1"
PID = Process.pid # of the master: puma.rb preloads the application

run(lambda do |env|
  slow = %r{\As=([\d.]+)\z}.match(env["QUERY_STRING"]) if env["PATH_INFO"] == "/slow"
  sleep slow[1].to_f if slow
  [200, { "Content-Type" => "text/plain" }, ["puma, pid #{PID}, version #{VERSION}\n"]]
end)
