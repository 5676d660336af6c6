echo kept >/tmp/source
chmod 640 /tmp/source
chown 7:8 /tmp/source
touch -d '2003-04-05 06:07:08.123456789 UTC' /tmp/source
cp -p /tmp/source copy
forget
same "$(stat -c '%a %u:%g %y' copy)" "$(stat -c '%a %u:%g %y' /tmp/source)" 'what cp -p keeps'
cp -p copy copy-of-copy
forget
same "$(stat -c '%a %u:%g %y' copy-of-copy)" "$(stat -c '%a %u:%g %y' /tmp/source)" 'what cp -p keeps inside the mount'
