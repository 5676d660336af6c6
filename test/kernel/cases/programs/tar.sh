mkdir -p /tmp/tree/a/b
for i in $(seq 40); do head -c $((i * 1000)) /tmp/1M >/tmp/tree/a/file$i; done
chmod 400 /tmp/tree/a/file1
chmod 755 /tmp/tree/a/file2
ln -s ../file3 /tmp/tree/a/b/link
touch -d '2005-06-07 08:09:10.5 UTC' /tmp/tree/a/file4 /tmp/tree/a
tar -C /tmp -cf /tmp/in.tar tree
tar -xpf /tmp/in.tar
tar -df /tmp/in.tar
forget
tar -df /tmp/in.tar
# And out again, the archive itself being on the mount.
tar -cf out.tar tree
tar -tf out.tar | wc -l | grep -qx 44
mkdir /tmp/again
tar -C /tmp/again -xpf out.tar
diff -r --no-dereference /tmp/tree /tmp/again/tree
