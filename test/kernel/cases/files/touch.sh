touch new
same "$(stat -c '%s %F' new)" '0 regular empty file' 'a touched file'
touch -d '2001-02-03 04:05:06.789012345 UTC' new
forget
same "$(TZ=UTC stat -c %y new)" '2001-02-03 04:05:06.789012345 +0000' 'the time'
sleep 3 # uploaded by now
touch -d '2011-12-13 14:15:16 UTC' new
forget
same "$(stat -c %Y new)" 1323785716 'the time set after the upload'
before=$(date +%s)
touch new
same "$(($(stat -c %Y new) >= before - 1))" 1 'whether touch sets the present time'
mkdir folder
touch -d '2001-02-03 UTC' folder
forget
same "$(stat -c %Y folder)" 981158400 'the time of a directory'
