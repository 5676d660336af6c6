# statfs does not report the staging disk: desktops refuse what does not fit.
same "$(stat -f -c %T .)" nfs 'the type'
kilobytes=$(df --output=avail -k . | tail -n 1)
[ "$kilobytes" -ge $((1 << 40)) ] || refused echo "only $kilobytes KiB available"
