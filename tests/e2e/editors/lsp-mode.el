;;; lsp-mode.el --- Drives lsp-mode in batch mode -*- lexical-binding: t -*-
;;; Commentary:
;; As a user would by hand; any error ends Emacs with a status that is not 0.
;;; Code:

(setq lsp-auto-guess-root t
      lsp-enable-snippet nil
      lsp-enable-file-watchers nil
      lsp-session-file (expand-file-name ".session" (getenv "HOME"))
      create-lockfiles nil
      make-backup-files nil)
(package-initialize)
(require 'lsp-mode)
(require 'xref)

(defun e2e-expect (what found)
  "End with a complaint that names WHAT unless FOUND."
  (unless found
    (message "FAILED: %s" what)
    (kill-emacs 1)))

(defun e2e-until (what found)
  "Wait until FOUND answers something; end with a complaint that names WHAT if it never does."
  (with-timeout (60 (e2e-expect what nil))
    (while (not (funcall found))
      (accept-process-output nil 0.1))))

(defconst e2e-root default-directory)
(find-file (expand-file-name "shop/mail.py" e2e-root))
(lsp-workspace-folders-add e2e-root)
(lsp)
(e2e-until "the server starts"
           (lambda () (seq-some (lambda (each) (eq 'initialized (lsp--workspace-status each)))
                                (lsp-workspaces))))
(e2e-until "search finds the function"
           (lambda () (seq-some (lambda (each) (string-match-p "send_receipt"
                                                               (xref-item-summary each)))
                                (xref-backend-apropos 'xref-lsp "send the receipt of an order"))))

(find-file (expand-file-name "notes.txt" e2e-root))
(lsp)
(e2e-until "the text is managed" #'lsp-workspaces)
(goto-char (point-min))
(let ((action (seq-find (lambda (each) (string-match-p "German" (gethash "title" each)))
                        (lsp-code-actions-at-point))))
  (e2e-expect "a translation is offered" action)
  (lsp-execute-code-action action))
(e2e-expect "the text action translates" (string-prefix-p "[de] " (buffer-string)))
(save-buffer)
(e2e-expect "nothing is warned of"
            (not (and (get-buffer "*Warnings*")
                      (with-current-buffer "*Warnings*" (search-backward "trivium" nil t)))))

(kill-emacs 0)
;;; lsp-mode.el ends here
