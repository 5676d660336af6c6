# The gateway goes away while a program copies, which notices nothing.
cp /tmp/64M first &
host restart-TERM
wait $!
forget
equal first /tmp/64M
