mkfifo -m 640 pipe
forget
same "$(stat -c '%F %a' pipe)" 'fifo 640' 'the pipe'
timeout 10 sh -c 'echo through >pipe & cat pipe >/tmp/through; wait'
same "$(cat /tmp/through)" through 'what went through the pipe'
