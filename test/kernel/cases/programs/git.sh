git init -q repository
cd repository
mkdir -p source/deep
for i in $(seq 30); do echo "content $i" >"source/file$i"; done
echo deep >source/deep/file
ln -s source/file1 link
git add .
git commit -qm 'Add files'
echo changed >>source/file3
git rm -q source/file4
git mv source/file5 source/deep/renamed
git commit -qam 'Change files'
git fsck --strict --full
same "$(git status --porcelain)" '' 'the status'
same "$(git log --oneline | wc -l)" 2 'the number of commits'
git gc -q
forget
git fsck --strict --full
same "$(git status --porcelain)" '' 'the status after gc'
git checkout -q -b branch HEAD~1
same "$(ls source | wc -l)" 31 'the number of files of the first commit'
git checkout -q main
cd ..
git clone -q repository clone
same "$(git -C clone rev-parse HEAD)" "$(git -C repository rev-parse HEAD)" 'the head of the clone'
