for line in 1 2 3 4 5; do echo "line $line" >>log; done
same "$(cat log)" $'line 1\nline 2\nline 3\nline 4\nline 5' 'the log'
sleep 2 # it may be in S3 now
forget
echo 'line 6' >>log
forget
same "$(tail -n 2 log)" $'line 5\nline 6' 'the end of the log'
same "$(wc -l <log)" 6 'the number of lines'
