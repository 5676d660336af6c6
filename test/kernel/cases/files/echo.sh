echo 'hello, bucket' >new
same "$(cat new)" 'hello, bucket' 'the content'
forget
same "$(cat new)" 'hello, bucket' 'the content from the gateway'
: >empty
same "$(stat -c %s empty)" 0 'the size of an empty file'
# noclobber creates exclusively.
refused bash -c 'set -C; echo again >new'
same "$(cat new)" 'hello, bucket' 'the content after a refused create'
