;;; eglot.el --- Drives eglot in batch mode -*- lexical-binding: t -*-
;;; Commentary:
;; As a user would by hand; any error ends Emacs with a status that is not 0.
;;; Code:

(setq eglot-sync-connect t
      eglot-connect-timeout 120
      create-lockfiles nil
      make-backup-files nil)
(require 'eglot)

(defun e2e-expect (what found)
  "End with a complaint that names WHAT unless FOUND."
  (unless found
    (message "FAILED: %s" what)
    (kill-emacs 1)))

(defun e2e-ask (method params)
  "Answer of the server to METHOD with PARAMS."
  (jsonrpc-request (eglot-current-server) method params :timeout 120))

(defun e2e-wait-for-index ()
  "Wait until the workspace is indexed."
  (with-timeout (180 (e2e-expect "the workspace is indexed" nil))
    (while (not (equal "ready" (plist-get (elt (plist-get (e2e-ask :trivium/status nil) :index) 0)
                                          :state)))
      (accept-process-output nil 0.1))))

(defconst e2e-root default-directory)

(defun e2e-open (file)
  "Visit FILE of the workspace and have eglot manage it."
  (find-file (expand-file-name file e2e-root))
  (unless (eglot-current-server)
    (apply #'eglot (eglot--guess-contact))))

(e2e-open "shop/mail.py")
(e2e-wait-for-index)

(let ((found (e2e-ask :workspace/symbol '(:query "send the receipt of an order"))))
  (e2e-expect "search finds the function first"
              (equal "send_receipt" (plist-get (elt found 0) :name))))

(e2e-open "area.py")
(goto-char (point-min))
(forward-line 3)
(insert "def area(width, ")
(eglot--signal-textDocument/didChange)
(let* ((capf (eglot-completion-at-point))
       (found (all-completions "" (nth 2 capf))))
  (e2e-expect "completion continues the line"
              (seq-some (lambda (each) (string-match-p "height)" each)) found)))
(set-buffer-modified-p nil)

(e2e-open "notes.txt")
(defun e2e-choose (_prompt choices &rest _)
  "The title of the one of CHOICES that the test is about."
  (or (seq-find (lambda (title) (string-match-p "German (replace)" title))
                (mapcar #'car choices))
      (e2e-expect (format "a translation is offered: %S" choices) nil)))
(advice-add 'completing-read :override #'e2e-choose)
(advice-add 'y-or-n-p :override #'always)
(transient-mark-mode 1)
(mark-paragraph)
(setq last-nonmenu-event ?\r) ; asked with the keyboard, not with a menu of the mouse
(call-interactively #'eglot-code-actions)
(with-timeout (120 nil)
  (while (not (string-prefix-p "[de] " (buffer-string)))
    (accept-process-output nil 0.1)))
(e2e-expect "the text action translates" (string-prefix-p "[de] " (buffer-string)))
(save-buffer)

(eglot-shutdown-all)
(kill-emacs 0)
;;; eglot.el ends here
