cp /tmp/1M in
equal /tmp/1M in
cp in copy
forget
equal /tmp/1M copy
cp copy /tmp/out
equal /tmp/1M /tmp/out
