mkdir one
mkdir -p two/three/four
forget
same "$(find . -type d | sort)" $'.\n./one\n./two\n./two/three\n./two/three/four' 'the directories'
refused mkdir one
echo file >file
refused mkdir file
refused mkdir no/such
