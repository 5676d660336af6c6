echo one | host put "$CASE/one"
echo two | host put "$CASE/prefix/two"
eventually 40 test -e one
eventually 40 test -e prefix/two
host delete "$CASE/one"
host delete "$CASE/prefix/two"
absent() { [ ! -e "$1" ]; }
eventually 40 absent one
eventually 40 absent prefix/two
same "$(find . -type f)" '' 'the files left'
